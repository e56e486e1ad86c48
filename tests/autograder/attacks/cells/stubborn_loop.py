"""A loop without end that swallows every interruption."""

while True:
    try:
        while True:
            pass
    except BaseException:
        pass

"""One process takes a hundred gigabytes."""

hoard = []
while True:
    hoard.append(bytearray(b"x" * 50_000_000))

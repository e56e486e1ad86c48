"""An exception whose text cannot be made."""


class Evil(Exception):
    def __str__(self):
        while True:
            raise Evil

    __repr__ = __str__


raise Evil

"""The one error that users are meant to see."""


class InputError(Exception):
    """Something the user gave can't be used; the message is one line: what, where, how to mend it.

    The command line prints the message alone and ends with exit code 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

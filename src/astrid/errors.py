"""The one error that users are meant to see."""


class InputError(Exception):
    """Something the user gave can't be used; the message is one line: what, where, how to mend it.

    The command line prints the message alone and ends with exit code 2.

    Attributes:
        text: the number of the text it is about, from 0, among those of the call; None where it is
            about no single one or the number isn't known.
    """

    def __init__(self, message: str, text: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.text = text

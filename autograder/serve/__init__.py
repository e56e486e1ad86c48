"""`autograder serve`: judges that stay warm between runs, and behind formgrader's button.

    autograder serve            in one terminal, as long as the marking season lasts
    autograder grade LAB        in another; or formgrader's button: both find it by themselves

It listens on a Unix socket in the course's own `.autograder` folder, which nobody but the user who
started it can use, and is given submissions and returns what they are worth. It never opens the
gradebook.
"""

from autograder.serve.client import Served
from autograder.serve.place import Place
from autograder.serve.service import Service

__all__ = ["Place", "Served", "Service"]

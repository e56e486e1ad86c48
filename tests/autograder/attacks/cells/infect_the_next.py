"""Leaves start-up files behind, in the home folder and in every library, for the next student."""

import os
import site
import sys

from target import reached

poison = "open('/tmp/infected', 'w').write('infected')\nINFECTED = True\n"
home = os.path.expanduser("~")
places = [f"{home}/.ipython/profile_default/startup/00-x.py", f"{home}/.matplotlib/matplotlibrc"]
places += [
    f"{folder}/usercustomize.py" for folder in [site.getusersitepackages(), *sys.path] if folder
]
for place in places:
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "w").write(poison)
    except OSError:
        pass
for name in ("numpy", "dpkit", "autograder", "autograder.probe", "IPython"):
    module = sys.modules.get(name)
    try:
        open(module.__file__, "a").write(poison)
        reached.append(module.__file__)
    except (OSError, AttributeError):
        pass
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/usr/lib", "/usr/local/lib", "/"):
    try:
        open(f"{folder}/infected", "w").write("infected")
    except OSError:
        pass
sys.modules["numpy"].INFECTED = True

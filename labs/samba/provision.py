"""Runs samba-tool without the step that needs root: the sysvol share, which the lab does not serve."""
import sys

import samba.provision
from samba.netcmd.main import cmd_sambatool

samba.provision.setsysvolacl = lambda *args, **kwargs: None
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]) or 0)

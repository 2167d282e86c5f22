#!/usr/bin/python
"""Brings the processes of a host to the builds that are installed."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: pulpo_update
short_description: Brings processes to the builds that are installed
version_added: 0.1.0
description:
  - Makes live patches for processes that run code whose file has been replaced, for example by C(apt upgrade), and applies
    them. All outdated files of a process are updated in one stop, or none is.
  - In check mode the patches are made and planned, and nothing is changed.
  - Fails where a process cannot be updated. The others are updated.
options:
  processes:
    description: Process ids. Without them, all processes.
    type: list
    elements: int
    default: []
  timeout:
    description: How long threads may block the change, such as C(30s).
    type: str
  executable:
    description: The command line of Pulpo.
    type: path
    default: pulpo
author:
  - The authors of Pulpo (@pulpo)
"""

EXAMPLES = r"""
- name: Processes run what is installed
  pulpo.live.pulpo_update:
"""

RETURN = r"""
pulpo:
  description: What pulpo has printed.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pulpo.live.plugins.module_utils.pulpo import ARGUMENTS, Pulpo


def describe(process, word):
    """A line on a process."""
    files = ", ".join(file["path"] for file in process.get("files", []))
    return "process %s (%s): %s %s\n" % (process["pid"], process["name"], word, files)


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "executable": ARGUMENTS["executable"],
            "processes": {"type": "list", "elements": "int", "default": []},
            "timeout": {"type": "str"},
        },
        supports_check_mode=True,
    )
    pulpo = Pulpo(module)
    params = module.params
    arguments = ["--process=" + ",".join(str(pid) for pid in params["processes"])] if params["processes"] else ["--all"]
    if module.check_mode:
        arguments.append("--dry-run")
    if params["timeout"]:
        arguments.append("--timeout=" + params["timeout"])
    status, answer = pulpo.run("update", *arguments)
    if "processes" not in answer:
        pulpo.fail("update", status, answer)
    processes = answer["processes"]
    changed = [process for process in processes if process["outcome"] in ("updated", "possible")]
    result = {
        "changed": bool(changed),
        "diff": {
            "before": "".join(describe(process, "outdated") for process in changed),
            "after": "".join(describe(process, "up to date") for process in changed),
        },
    }
    if answer["notUpdated"]:
        pulpo.fail("update", status, answer, **result)
    module.exit_json(pulpo=answer, **result)


if __name__ == "__main__":
    main()

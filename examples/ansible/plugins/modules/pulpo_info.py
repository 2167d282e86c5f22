#!/usr/bin/python
"""Facts of a host: accepted patches, drift, processes, preflight."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: pulpo_info
short_description: Tells which patches a host has, and where its processes stand
version_added: 0.1.0
description:
  - Stops and changes no process.
options:
  gather:
    description:
      - What to look for. C(status) compares accepted patches with what processes have. C(preflight) says which processes can be
        patched. C(outdated) says which processes run code whose file has been replaced; it compares nothing.
      - Each is one run of C(pulpo).
    type: list
    elements: str
    choices: [status, preflight, outdated]
    default: [status]
  executable:
    description: The command line of Pulpo.
    type: path
    default: pulpo
  store:
    description: The directory of accepted patches. Without it, the one of the machine.
    type: path
author:
  - The authors of Pulpo (@pulpo)
"""

EXAMPLES = r"""
- name: Look at the accepted patches and at who could be patched
  pulpo.live.pulpo_info:
    gather: [status, preflight]
  register: pulpo
"""

RETURN = r"""
patches:
  description: Accepted and withdrawn patches, as C(pulpo status --json) has them.
  returned: with status
  type: list
  elements: dict
drift:
  description: How many processes have not what they should have, or have what they should not.
  returned: with status
  type: int
processes:
  description: The processes that a patch is for, and where they stand.
  returned: with status
  type: list
  elements: dict
preflight:
  description: Processes, and whether they can be patched.
  returned: with preflight
  type: list
  elements: dict
outdated:
  description: Processes that run code whose file has been replaced.
  returned: with outdated
  type: list
  elements: dict
unread:
  description: Processes that could not be looked at, with the reason.
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pulpo.live.plugins.module_utils.pulpo import ARGUMENTS, Pulpo


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENTS,
            gather={
                "type": "list",
                "elements": "str",
                "choices": ["status", "preflight", "outdated"],
                "default": ["status"],
            },
        ),
        supports_check_mode=True,
    )
    pulpo = Pulpo(module)
    result = {"changed": False, "unread": []}
    for what in module.params["gather"]:
        arguments = ["--brief"] if what == "outdated" else []
        status, answer = pulpo.run(what, *arguments, stored=what == "status")
        if "processes" not in answer:
            pulpo.fail(what, status, answer)
        result["unread"] += answer.get("unread", [])
        if what == "status":
            result.update((name, answer[name]) for name in ("patches", "drift", "processes"))
        else:
            result[what] = answer["processes"]
    module.exit_json(**result)


if __name__ == "__main__":
    main()

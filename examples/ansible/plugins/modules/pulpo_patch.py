#!/usr/bin/python
"""Keeps a patch in the processes of a host, or takes it out of them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: pulpo_patch
short_description: Keeps a live patch in the processes of a host
version_added: 0.1.0
description:
  - With I(state=present) the patch is accepted. It is applied to every process that runs the build that it is for, and
    C(pulpo watch) gives it to those that start later.
  - With I(state=absent) the patch is withdrawn. It is reverted in every process.
  - Nothing is done where everything is so already.
  - In check mode nothing is kept and no process is changed. The module fails where a process would refuse the patch.
options:
  path:
    description: The patch, a container that lies on the host. For I(state=present).
    type: path
  patch:
    description: The id of the patch, or its beginning. For I(state=absent).
    type: str
  state:
    description: Whether processes should have the patch.
    type: str
    choices: [present, absent]
    default: present
  allow:
    description: Checks whose findings are ignored, as with C(pulpo accept --allow).
    type: list
    elements: str
    default: []
  timeout:
    description: How long threads may block the change, such as C(30s).
    type: str
  reason:
    description: Why the patch is withdrawn, for those who look at it later.
    type: str
  unread:
    description: What to do where processes could not be looked at.
    type: str
    choices: [warn, fail]
    default: warn
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
- name: Every process that runs the build has the patch, now and later
  pulpo.live.pulpo_patch:
    path: /var/tmp/fix.so

- name: No process has the patch
  pulpo.live.pulpo_patch:
    patch: 4f3a9c21
    state: absent
    reason: the fix is wrong
"""

RETURN = r"""
patches:
  description: The ids of the patches.
  returned: success
  type: list
  elements: str
pulpo:
  description: What pulpo has printed.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pulpo.live.plugins.module_utils.pulpo import ARGUMENTS, Pulpo, standing


def options(params, *names):
    """The options of a command for those parameters that are set."""
    return ["--%s=%s" % (name, params[name]) for name in names if params[name]]


def present(module, pulpo):
    """Accepts the patch, unless it is accepted and everything is as it should be."""
    params = module.params
    arguments = ["--allow=" + check for check in params["allow"]]
    status, before = pulpo.run("accept", "--dry-run", *arguments, files=[params["path"]])
    # A fault of the file, the store or the options, and not of a process.
    if "processes" not in before:
        pulpo.fail("accept", status, before)
    ids = [patch["patch"] for patch in before["patches"]]
    changed = not before["accepted"] or before["drift"] > 0
    if module.check_mode or not changed:
        pulpo.unread(before)
        if before["refused"]:
            pulpo.fail("accept", status, before, patches=ids)
        expected = standing(before).replace(" missing\n", " active\n")
        return {"changed": changed, "patches": ids, "pulpo": before, "diff": diff(before, expected, changed)}
    arguments += options(params, "timeout")
    status, after = pulpo.run("accept", *arguments, files=[params["path"]])
    if "processes" not in after:
        pulpo.fail("accept", status, after)
    if after["drift"] > 0 or any(process["failures"] for process in after["processes"]):
        pulpo.fail("accept", status, after, changed=True, patches=ids)
    pulpo.unread(after)
    names = set(process["pid"] for process in after["processes"])
    unchanged = {"processes": [process for process in before["processes"] if process["pid"] not in names]}
    text = standing({"processes": unchanged["processes"] + after["processes"]})
    return {"changed": True, "patches": ids, "pulpo": after, "diff": diff(before, text, True)}


def diff(before, after, changed):
    """For --diff: whether the patch is accepted, and where processes stand."""
    word = "accepted\n" if before["accepted"] else "not accepted\n"
    return {
        "before_header": "processes",
        "after_header": "processes",
        "before": word + standing(before),
        "after": ("accepted\n" if changed else word) + after,
    }


def absent(module, pulpo):
    """Withdraws the patch, unless it is withdrawn or unknown and no process has it."""
    params = module.params
    # Other patches may drift: their exit status says nothing of this one.
    status, before = pulpo.run("status")
    if "patches" not in before:
        pulpo.fail("status", status, before)
    meant = [patch for patch in before["patches"] if patch["patch"].startswith(params["patch"].lower())]
    ids = sorted(set(patch["patch"] for patch in meant))
    if len(ids) > 1:
        module.fail_json(msg="%s names several patches: %s" % (params["patch"], ", ".join(ids)))
    changed = any(patch["state"] == "accepted" or patch["leftOver"] > 0 for patch in meant)
    lines = "".join("%s %s: in %d processes\n" % (patch["patch"][:12], patch["state"], held(patch)) for patch in meant)
    result = {"changed": changed, "patches": ids, "pulpo": before, "diff": {"before": lines, "after": lines}}
    if not changed:
        return result
    result["diff"]["after"] = "".join("%s withdrawn: in 0 processes\n" % patch["patch"][:12] for patch in meant)
    if module.check_mode:
        return result
    status, after = pulpo.run("withdraw", *options(params, "reason", "timeout"), files=ids)
    if "processes" not in after:
        pulpo.fail("withdraw", status, after)
    if after["drift"] > 0 or any(process["failures"] for process in after["processes"]):
        pulpo.fail("withdraw", status, after, changed=True, patches=ids)
    pulpo.unread(after)
    result["pulpo"] = after
    return result


def held(patch):
    """How many processes have a patch."""
    return patch["active"] + patch["leftOver"]


def main():
    """Runs the module."""
    module = AnsibleModule(
        argument_spec=dict(
            ARGUMENTS,
            path={"type": "path"},
            patch={"type": "str"},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            allow={"type": "list", "elements": "str", "default": []},
            timeout={"type": "str"},
            reason={"type": "str"},
            unread={"type": "str", "choices": ["warn", "fail"], "default": "warn"},
        ),
        required_if=[("state", "present", ["path"]), ("state", "absent", ["patch"])],
        supports_check_mode=True,
    )
    if module.params["state"] == "absent" and not module.params["patch"].strip():
        module.fail_json(msg="patch is empty; it names a patch by its id")
    pulpo = Pulpo(module)
    module.exit_json(**(present if module.params["state"] == "present" else absent)(module, pulpo))


if __name__ == "__main__":
    main()

"""Runs pulpo and reads its JSON."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import subprocess

ARGUMENTS = {
    "executable": {"type": "path", "default": "pulpo"},
    "store": {"type": "path"},
}


class Pulpo:
    """The command line of Pulpo on this host."""

    def __init__(self, module):
        self.module = module
        executable = module.params["executable"]
        if "/" not in executable:
            executable = module.get_bin_path(executable, required=True)
        self.executable = executable

    def run(self, command, *arguments, **options):
        """Returns the exit status and the one JSON object that the command prints.

        Arguments after the option "files" can be anything: none of them is read as an option.
        """
        line = [self.executable, command, "--json"]
        if self.module.params.get("store") and options.get("stored", True):
            line += ["--store=" + self.module.params["store"]]
        line += list(arguments)
        if options.get("files"):
            line += ["--"] + list(options["files"])
        # Not AnsibleModule.run_command: after a second without output it takes a program that has ended for one that has
        # said nothing, and loses what was printed in between.
        try:
            process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(os.environ, LC_ALL="C.UTF-8"),
            )
        except OSError as failure:
            self.module.fail_json(msg="%s cannot be run: %s" % (self.executable, failure), cmd=line)
        out, err = process.communicate()
        status = process.returncode
        try:
            answer = json.loads(out.decode("utf-8"))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            said = (err or out).decode("utf-8", "replace").strip()
            self.module.fail_json(
                msg="pulpo %s ended with status %d and no JSON: %s" % (command, status, said), rc=status, cmd=line
            )
        return status, answer

    def fail(self, command, status, answer, **more):
        """Fails with what pulpo has said."""
        self.module.fail_json(
            msg="pulpo %s: %s" % (command, message(answer) or "status %d" % status), rc=status, pulpo=answer, **more
        )

    def unread(self, answer):
        """Warns of processes that could not be looked at, or fails, as the user wants it."""
        unread = answer.get("unread", [])
        if not unread:
            return
        text = "processes that could not be looked at: " + "; ".join(
            "%s (%s)" % (process["pid"], process["message"]) for process in unread
        )
        if self.module.params.get("unread") == "fail":
            self.module.fail_json(msg=text, pulpo=answer)
        self.module.warn(text)


def message(answer):
    """The reasons that an answer gives, in one line."""
    if "message" in answer:
        return answer["message"]
    reasons = []
    for process in answer.get("processes", []):
        texts = [failure["message"] for failure in process.get("failures", [])]
        texts += [refusal["message"] for refusal in process.get("refusals", [])]
        if "message" in process:
            texts.append(process["message"])
        for patch in process.get("patches", []):
            texts += [refusal["message"] for refusal in patch.get("refusals", [])]
        for text in texts:
            reason = "process %s (%s): %s" % (process.get("pid"), process.get("name"), text)
            if reason not in reasons:
                reasons.append(reason)
    return "; ".join(reasons)


def standing(answer):
    """Lines that say where processes stand, for --diff."""
    lines = []
    for process in answer.get("processes", []):
        for patch in process["patches"]:
            lines.append(
                "process %s (%s): %s %s" % (process["pid"], process["name"], patch["patch"][:12], patch["state"])
            )
    return "".join(line + "\n" for line in sorted(lines))

package dev.pulpo.examples.cli;

import picocli.CommandLine;

/** A command on one process, or on each one of a name. */
abstract class OnEachProcess extends OnProcess {
    @CommandLine.Option(names = "--all", description = "all processes that the name matches")
    private boolean all;

    @Override
    final boolean takesAll() {
        return true;
    }

    @Override
    final boolean isForAll() {
        return all;
    }
}

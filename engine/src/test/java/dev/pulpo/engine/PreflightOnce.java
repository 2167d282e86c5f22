package dev.pulpo.engine;

/** A tool that looks at one process and prints what it finds. Argument: pid. */
final class PreflightOnce {
    private PreflightOnce() {}

    public static void main(String[] arguments) {
        Preflight preflight = Preflight.of(Integer.parseInt(arguments[0]));
        preflight.findings().forEach(finding -> System.out.println(finding.kind() + " " + finding));
    }
}

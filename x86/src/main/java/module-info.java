/** Decodes, moves and redirects x86-64 machine code. Depends on nothing and knows no process. */
@SuppressWarnings("module") // x86 is the name of the thing, not its eighty-sixth version
module dev.pulpo.x86 {
    requires static org.jspecify;

    exports dev.pulpo.x86;
    exports dev.pulpo.x86.text;
}

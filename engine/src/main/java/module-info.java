/** Live patching of running processes: the library. */
module dev.pulpo.engine {
    requires com.fasterxml.jackson.core;
    // For events; it does without.
    requires static jdk.jfr;
    requires static org.jspecify;
    requires transitive dev.pulpo.elf;
    requires transitive dev.pulpo.ffm;
    requires dev.pulpo.stub;
    requires transitive dev.pulpo.x86;

    exports dev.pulpo.engine;
    exports dev.pulpo.engine.container;
}

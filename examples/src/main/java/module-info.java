/** Programs on the public API of Pulpo: the command line, the quickstart, helpers for jshell. */
// The jars of Prometheus have no module descriptors; the build gives them some before they run: see pom.xml.
@SuppressWarnings("requires-automatic") module dev.pulpo.examples {
    requires static org.jspecify;
    requires com.fasterxml.jackson.core;
    requires transitive dev.pulpo.engine;
    requires dev.pulpo.stub;
    requires info.picocli;
    requires org.bouncycastle.pg;
    requires io.prometheus.metrics.model;
    requires io.prometheus.writer.text;
    requires java.management;
    // The engine records events if the module is there: so it is in this program's image.
    requires jdk.jfr;

    exports dev.pulpo.examples.shell;

    // picocli sets the fields of commands and makes their objects.
    opens dev.pulpo.examples.cli to info.picocli;
    opens dev.pulpo.examples.picture to info.picocli;
    opens dev.pulpo.examples.ulp to info.picocli;
}

/** The stub that lives in the target, as a resource. */
module dev.pulpo.stub {
    requires static org.jspecify;

    exports dev.pulpo.stub;
}

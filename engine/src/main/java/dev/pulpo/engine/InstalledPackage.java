package dev.pulpo.engine;

/**
 * A package of the distribution.
 *
 * @param name    with the architecture if the package manager says it
 * @param version that is installed
 */
public record InstalledPackage(String name, String version) {
    @Override
    public String toString() {
        return version.isEmpty() ? name : name + " " + version;
    }
}

package dev.pulpo.engine;

import dev.pulpo.elf.BuildId;
import java.util.Optional;

/**
 * An object that a process has loaded: its program, or a shared object.
 *
 * @param path     as the process has mapped it
 * @param buildId  if it has one
 * @param prepared whether it declares that its functions were compiled for patching
 */
public record Library(String path, Optional<BuildId> buildId, boolean prepared) {}

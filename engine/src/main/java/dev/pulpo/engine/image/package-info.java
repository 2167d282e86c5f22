/**
 * What a process is made of, read without stopping it: {@link dev.pulpo.engine.image.ProcFs} and {@link dev.pulpo.engine.image.MemoryMap} from {@code /proc}, {@link dev.pulpo.engine.image.LoadedObject} and {@link dev.pulpo.engine.image.ProcessImage} with the files behind it, {@link dev.pulpo.engine.image.Hazards}  for where a thread must not be borrowed.
 */
@NullMarked
package dev.pulpo.engine.image;

import org.jspecify.annotations.NullMarked;

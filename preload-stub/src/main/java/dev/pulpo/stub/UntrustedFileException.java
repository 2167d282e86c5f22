package dev.pulpo.stub;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** A file or directory is not used, because another user could change it. The message names it and what would help. */
public final class UntrustedFileException extends FileSystemException {
    private static final long serialVersionUID = 1;

    public UntrustedFileException(Path path, FileTrust.Weakness weakness) {
        super(path.toString(), null,
                "not used, because somebody else could change it: " + weakness + "; " + weakness.remedy());
    }
}

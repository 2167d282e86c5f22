package dev.pulpo.examples.ulp;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.container.Container;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.container.FunctionPair;
import dev.pulpo.engine.container.Metadata;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine;

/** {@code dump}: prints the metadata of a container. */
@CommandLine.Command(name = "dump", description = "Print the content of metadata file on ARG1 in human readable form.")
final class Dump extends UlpCommand {
    /** libpulp prints as many digits of an id as a build-id has. */
    private static final int ID_DIGITS = 40;

    @CommandLine.Option(names = {"-b", "--buildid"}, description = "Print the build id")
    private boolean buildId;

    @CommandLine.Option(names = "--revert", description = "dump reverse patch info.")
    private boolean revert;

    @CommandLine.Parameters(paramLabel = "ARG1", description = "the patch")
    private Path file = Path.of("");

    @Override
    int run() {
        try (ElfFile elf = ElfFile.open(file)) {
            Optional<Container> container = Container.read(elf);
            Optional<Metadata> metadata = revert ? Container.readRevert(elf) : container.map(Container::metadata);
            if (metadata.isPresent()) {
                print(metadata.get());
                container.map(Container::comment).filter(text -> !text.isEmpty())
                        .ifPresent(text -> out().println("* comments: \n" + indented(text)));
                out().flush();
                return 0;
            }
            warn("Unable to extract metadata file from " + RawText.of(file));
        } catch (IOException e) {
            warn("error opening " + RawText.of(file) + ": " + reason(e));
            warn("Unable to extract metadata file from " + RawText.of(file));
        } catch (MalformedElfException e) {
            warn("error parsing the metadata file (" + RawText.of(file) + "): " + e.getMessage());
        }
        return Ulp.FAILED;
    }

    /** Indents the lines of a comment, so that none looks like a line of the dump. */
    private static String indented(String comment) {
        return comment.replaceAll("(?m)^(?=[^ \n])", " ");
    }

    private void print(Metadata metadata) {
        PrintWriter out = out();
        if (buildId) {
            out.println(metadata.targetBuild());
        } else {
            out.println("patch id: " + metadata.id().hex().substring(0, ID_DIGITS));
            out.println("so filename: " + RawText.of(file.toAbsolutePath().normalize()));
            out.println("\n* build id: " + metadata.targetBuild());
            out.println("* name: " + metadata.target());
            out.println("* units: " + metadata.functions().size());
            for (FunctionPair pair : metadata.functions()) {
                out.println("\n** old_fname: " + pair.function());
                out.println("** new_fname: " + pair.replacement());
                out.println("** old_faddr: 0x" + Long.toHexString(pair.address().value()));
            }
            metadata.dependencies().stream().map(PatchId::hex).forEach(id -> out.println("\n** depends on: " + id));
        }
        out.println("\nstatic references: " + metadata.references().size());
        for (DataReference reference : metadata.references()) {
            out.println("*** ref_name: " + reference.reference());
            out.println("*** target_offset: " + Long.toHexString(reference.targetOffset()));
            out.println("*** patch_offset: " + Long.toHexString(reference.patchOffset()));
            out.println("*** tls variable: " + (reference.threadLocal() ? "yes" : "no") + "\n");
        }
    }
}

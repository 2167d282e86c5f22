package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.PatchStore;
import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.signature.Signers;
import dev.pulpo.examples.ulp.CheckConverter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;

/** {@code pulpo accept}. */
@CommandLine.Command(name = "accept", description = "Keeps patches for every process, now and later, that runs the builds that they are for, and applies them now. Processes that start later get them from 'pulpo watch', or 'pulpo restore'.", exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:accepted, and in force in every such process", "1:any failure that is not listed here", "2:wrong usage",
        "3:accepted, and a process refuses it, or could not be looked at; or it has no good signature, and nothing was kept",
        "4:accepted, and threads blocked the change until the deadline"})
final class Accept extends Command {
    private static final Path MACHINE_KEYS = Path.of("/etc/pulpo/keys");

    @CommandLine.Parameters(arity = "1..*", paramLabel = "FILE.so", description = "the patch, a container; it is copied")
    private List<Path> files = new ArrayList<>();

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check, as with 'pulpo apply'")
    private List<Check> allowed = new ArrayList<>();

    @CommandLine.Option(names = "--keys", paramLabel = "PATH", description = "OpenPGP public keys, a file or a directory of files: a patch needs a good signature by one of them, in FILE.so.asc or FILE.so.sig (default: PULPO_KEYS in the environment, or /etc/pulpo/keys if that exists; otherwise no signature is needed)")
    private Optional<Path> keys = Optional.empty();

    @CommandLine.Option(names = "--dry-run", description = "say which processes would get the patches, and which refuse them; keep and change nothing")
    private boolean dryRun;

    @CommandLine.Mixin
    private StoreOption where = new StoreOption();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws IOException, InterruptedException {
        PatchStore store = where.store();
        if (dryRun) {
            return rehearse(store);
        }
        List<StoredPatch> accepted = new ArrayList<>();
        Optional<Signers> signers = signers();
        for (Path file : files) {
            StoredPatch patch = accept(store, file, signers);
            say("accepted " + patch.id().shortForm() + ": " + patch.origin() + " for build " + patch.build());
            accepted.add(patch);
        }
        return Standings.look(new Upkeep(store).only(accepted)).restore(this, when.consistency());
    }

    private StoredPatch accept(PatchStore store, Path file, Optional<Signers> signers) throws IOException {
        return store.accept(file, Set.copyOf(allowed), content -> {
            if (signers.isPresent()) {
                signers.get().check(file, content);
            }
        });
    }

    /** Those who may sign; empty where no keys are configured. */
    private Optional<Signers> signers() throws IOException {
        Optional<Path> place = keys
                .or(() -> Optional.ofNullable(System.getenv("PULPO_KEYS")).filter(path -> !path.isEmpty())
                        .map(RawText::path))
                .or(() -> Optional.of(MACHINE_KEYS).filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS)));
        return place.isPresent() ? Optional.of(Signers.in(place.get())) : Optional.empty();
    }

    /** Accepts into a store of its own, which goes again, and looks where processes stand with that. */
    private int rehearse(PatchStore store) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("pulpo-rehearsal");
        try {
            PatchStore trial = PatchStore.at(directory.resolve("store"));
            List<StoredPatch> patches = new ArrayList<>();
            Set<StoredPatch> known = new HashSet<>();
            Optional<Signers> signers = signers();
            for (Path file : files) {
                StoredPatch patch = accept(trial, file, signers);
                Optional<StoredPatch> there = accepted(store, patch);
                known.addAll(there.stream().toList());
                patches.add(there.orElse(patch));
            }
            return Standings.look(new Upkeep(trial).only(patches)).rehearse(this, known);
        } finally {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    /** The same patch, with the same content and the same allowance, where the store has it and processes should. */
    private static Optional<StoredPatch> accepted(PatchStore store, StoredPatch patch) throws IOException {
        for (StoredPatch known : store.patches()) {
            if (known.state() == StoredPatch.State.ACCEPTED && known.id().equals(patch.id())
                    && known.build().equals(patch.build()) && known.allowed().equals(patch.allowed())
                    && Files.mismatch(known.file(), patch.file()) < 0) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }
}

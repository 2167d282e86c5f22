package dev.pulpo.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.pulpo.engine.trace.TracerThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows and rings of ARCHITECTURE.md. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.pulpo");

    @Test
    void allModulesAreLookedAt() {
        assertThat(CLASSES.stream().map(type -> type.getPackageName()))
                .contains("dev.pulpo.ffm", "dev.pulpo.ffm.raw", "dev.pulpo.elf", "dev.pulpo.x86", "dev.pulpo.stub",
                        "dev.pulpo.engine");
    }

    @Test
    void elfAndX86DependOnNothing() {
        classes().that().resideInAPackage("dev.pulpo.elf..")
                .should().onlyDependOnClassesThat()
                .resideInAnyPackage("dev.pulpo.elf..", "java..", "org.jspecify..").check(CLASSES);
        classes().that().resideInAPackage("dev.pulpo.x86..")
                .should().onlyDependOnClassesThat()
                .resideInAnyPackage("dev.pulpo.x86..", "java..", "org.jspecify..").check(CLASSES);
    }

    @Test
    void bindingsAndStubKnowNothingAboveThem() {
        noClasses().that().resideInAnyPackage("dev.pulpo.ffm..", "dev.pulpo.stub..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("dev.pulpo.engine..", "dev.pulpo.elf..", "dev.pulpo.x86..").check(CLASSES);
    }

    @Test
    void generatedBindingsAreUsedByTheTypedLayerAlone() {
        noClasses().that().resideOutsideOfPackage("dev.pulpo.ffm..")
                .should().dependOnClassesThat().resideInAPackage("dev.pulpo.ffm.raw..").check(CLASSES);
    }

    @Test
    void oneHandWrittenClassLinks() {
        noClasses().that().resideOutsideOfPackage("dev.pulpo.ffm.raw..")
                .and().doNotHaveFullyQualifiedName("dev.pulpo.ffm.NativeCalls")
                .should().dependOnClassesThat().areAssignableTo(Linker.class)
                .orShould().dependOnClassesThat().areAssignableTo(MethodHandle.class).check(CLASSES);
    }

    @Test
    void planningChangesNothing() {
        noClasses().that().resideInAPackage("dev.pulpo.engine.plan..")
                .should().dependOnClassesThat().resideInAPackage("dev.pulpo.engine.apply..").check(CLASSES);
        noClasses().that().resideInAPackage("dev.pulpo.engine.image..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("dev.pulpo.engine.plan..", "dev.pulpo.engine.trace..", "dev.pulpo.engine.apply..")
                .check(CLASSES);
    }

    /** Tracer threads serve one target after the other: what one operation allocates there would never go. */
    @Test
    void nothingIsAllocatedForAsLongAsATracerThreadLives() {
        noClasses().that().areNotAssignableTo(TracerThread.class)
                .should().callMethod(TracerThread.Tools.class, "arena").check(CLASSES);
    }

    @Test
    void packagesOfOneModuleFormNoCyclesBelowTheEnginesFace() {
        slices().matching("dev.pulpo.engine.(plan|image|apply)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** Whoever reaches files through another process's root directory or mappings has to know what may lie there. */
    @Test
    void oneClassReachesTheFilesThatATargetNames() throws IOException {
        Path sources = Path.of("..").toAbsolutePath().normalize();
        Pattern ways = Pattern.compile("\"[^\"\n]*(/root|map_files)[^\"\n]*\"|\"root\"");
        try (Stream<Path> files = Files.walk(sources)) {
            assertThat(files.filter(file -> file.toString().matches(".*/src/main/java/.*[.]java")
                    && !file.toString().contains("/raw/"))
                    .filter(file -> ways.matcher(read(file)).find())
                    .map(file -> file.getFileName().toString())).containsExactly("OpenFile.java");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

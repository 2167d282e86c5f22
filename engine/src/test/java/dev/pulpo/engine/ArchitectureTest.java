package dev.pulpo.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The arrows and rings of ARCHITECTURE.md. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
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

    /** The engine's packages below its face, the lowest first: each uses only those before it. */
    private static final List<String> STAIRCASE = List.of("flight", "target", "code", "stack", "trace", "borrow",
            "registry",
            "container", "check", "plan", "session", "commit", "recovery", "reach", "load", "transition", "transaction",
            "operation", "inspect", "data", "pack", "diff", "update", "probe", "store");

    private static final String ENGINE = "dev.pulpo.engine.";
    private static final int MOST_CLASSES = 25;

    @Test
    void packagesOfTheEngineUseThoseBelowThem() {
        List<String> up = new ArrayList<>();
        for (JavaClass from : CLASSES) {
            for (Dependency dependency : from.getDirectDependenciesFromSelf()) {
                int own = step(from);
                int other = step(dependency.getTargetClass());
                if (own >= 0 && other > own) {
                    up.add(dependency.getDescription());
                }
            }
        }
        assertThat(up).isEmpty();
    }

    private static int step(JavaClass found) {
        String name = found.getPackageName();
        if (!name.startsWith(ENGINE)) {
            return -1;
        }
        assertThat(STAIRCASE).as("the staircase has each package").contains(name.substring(ENGINE.length()));
        return STAIRCASE.indexOf(name.substring(ENGINE.length()));
    }

    @Test
    void planningChangesNothing() {
        noClasses().that().resideInAPackage("dev.pulpo.engine.plan..")
                .should().dependOnClassesThat().resideInAnyPackage("dev.pulpo.engine.trace..",
                        "dev.pulpo.engine.borrow..")
                .orShould().dependOnClassesThat().belongToAnyOf(TraceeMemory.class).check(CLASSES);
    }

    /** A package-info is the map of its package. */
    @Test
    void packagesAreSmallAndTheirInfoNamesEveryClass() throws IOException {
        Path sources = Path.of("src/main/java/dev/pulpo/engine").toAbsolutePath();
        try (Stream<Path> all = Files.list(sources)) {
            for (Path folder : all.filter(Files::isDirectory).toList()) {
                String map = read(folder.resolve("package-info.java"));
                try (Stream<Path> files = Files.list(folder)) {
                    assertThat(files.map(file -> file.getFileName().toString().replace(".java", ""))
                            .filter(name -> !name.equals("package-info"))).hasSizeLessThanOrEqualTo(MOST_CLASSES)
                            .allSatisfy(name -> assertThat(map).as(folder.toString())
                                    .containsPattern("\\b" + name + "\\b"));
                }
            }
        }
    }

    /** Tracer threads serve one target after the other: what one operation allocates there would never go. */
    @Test
    void nothingIsAllocatedForAsLongAsATracerThreadLives() {
        noClasses().that().areNotAssignableTo(TracerThread.class)
                .should().callMethod(TracerThread.Tools.class, "arena").check(CLASSES);
    }

    @Test
    void packagesOfTheEngineFormNoCyclesBelowItsFace() {
        slices().matching("dev.pulpo.engine.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    /** Whoever reaches files through another process's root directory or mappings has to know what may lie there. */
    @Test
    void oneClassReachesTheFilesThatATargetNames() throws IOException {
        Pattern ways = Pattern.compile("\"[^\"\n]*(/root|map_files)[^\"\n]*\"|\"root\"");
        assertThat(linesWith(ways, "[a-z0-9-]+")).allMatch(found -> found.startsWith("OpenFile.java: ")).isNotEmpty();
    }

    /** openat2(2) keeps a path inside a directory: whoever opens files of a target goes by way of it. */
    @Test
    void oneClassCallsOpenat2() {
        assertThat(CLASSES.stream().flatMap(type -> type.getMethodCallsFromSelf().stream())
                .filter(call -> call.getTarget().getName().equals("SYS_openat2"))
                .map(call -> call.getOriginOwner().getSimpleName()).filter(name -> !name.equals("Linux")))
                .containsOnly("OpenFile");
    }

    /** Error numbers and the numbers of system calls have their names in the bindings, and are compared by name. */
    @Test
    void numbersOfTheKernelAreNamedByTheBindings() throws IOException {
        String errors = Arrays.stream(Errno.class.getDeclaredFields()).map(Field::getName)
                .filter(name -> name.matches("E[A-Z_]+")).collect(Collectors.joining("|"));
        assertThat(errors).contains("EPERM", "ERESTARTSYS");
        Pattern numbers = Pattern.compile("\\b(" + errors + "|(SYS|__NR|NR)_\\w+) *= "
                + "|errno\\(\\) *[=!]= *-?\\d|-4095\\b");
        assertThat(linesWith(numbers, "(?!ffm-bindings)[a-z0-9-]+")).isEmpty();
    }

    /**
     * Machine code is written and recognised by the module that knows it. Numbers that stand alone may be anything; two
     * bytes in a row, names of instructions and comparisons of opcodes are not.
     */
    @Test
    void opcodesStandInTheirModule() throws IOException {
        Pattern code = Pattern
                .compile("\\{0x[0-9a-f]{1,2}(, 0x[0-9a-f]{1,2})+\\b|\\(byte\\) 0x[0-9a-f]{2}, \\(byte\\) 0x"
                        + "|\\b(LEA|JUMP|JMP|NOP|CALL|RET|SYSCALL|TRAP|INT3|MOV\\w*|PUSH\\w*|POP\\w*|ENDBR\\w*) = (\\(byte\\) )?0x"
                        + "|opcode\\(\\) [!=]= 0x");
        assertThat(linesWith(code, "engine|examples")).isEmpty();
        assertThat(linesWith(code, "x86")).isNotEmpty();
    }

    /** The lines of the product's sources, but for generated ones, where there is such a thing, each after its file. */
    private static List<String> linesWith(Pattern wanted, String modules) throws IOException {
        Path root = Path.of("..").toAbsolutePath().normalize();
        Pattern places = Pattern.compile("(" + modules + ")/src/main/java/(?!dev/pulpo/ffm/raw/).*[.]java");
        List<String> lines = new ArrayList<>();
        try (Stream<Path> folders = Files.list(root)) {
            for (Path module : folders.filter(folder -> Files.isDirectory(folder.resolve("src/main/java")))
                    .toList()) {
                try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
                    files.filter(file -> places.matcher(root.relativize(file).toString()).matches())
                            .forEach(file -> read(file).lines().filter(line -> wanted.matcher(line).find())
                                    .forEach(line -> lines.add(file.getFileName() + ": " + line.strip())));
                }
            }
        }
        return lines;
    }

    /**
     * What would help is a {@link Remedy}; only a command line knows by which option it is had. The options of package
     * managers are theirs.
     */
    @Test
    void theEngineNamesNoOptionAndNoCommand() throws IOException {
        Pattern literal = Pattern.compile("\"(?:[^\"\\\\\n]|\\\\.)*\"");
        Pattern name = Pattern.compile("(?<![\\w,-])--[a-z]|\\b(pulpo|ulp) [a-z-]");
        try (Stream<Path> files = Files.walk(Path.of("src/main/java").toAbsolutePath())) {
            assertThat(files
                    .filter(file -> file.toString().endsWith(".java") && !file.endsWith("update/PackageNames.java"))
                    .flatMap(file -> read(file).lines().filter(line -> !line.strip().matches("(//|/[*]|[*]).*"))
                            .flatMap(line -> literal.matcher(line).results()).map(MatchResult::group)
                            .filter(name.asPredicate()).map(text -> file.getFileName() + ": " + text)))
                    .isEmpty();
        }
    }

    /** Whoever types an expression in jshell is shown its value. These are the packages that the shell imports. */
    @Test
    void everyValueSaysWhatItIs() {
        assertThat(CLASSES.stream()
                .filter(type -> Set.of("dev.pulpo.engine", "dev.pulpo.elf").contains(type.getPackageName()))
                .filter(ArchitectureTest::hasInstancesForUsers)
                .filter(type -> type.getMethods().stream().noneMatch(method -> method.getName().equals("toString")))
                .map(JavaClass::getName)).isEmpty();
    }

    private static boolean hasInstancesForUsers(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC) && !type.getModifiers().contains(JavaModifier.ABSTRACT)
                && !type.isInterface() && !type.isEnum() && !type.isAssignableTo(Throwable.class)
                && type.getMethods().stream().anyMatch(method -> method.getModifiers().contains(JavaModifier.PUBLIC)
                        && !method.getModifiers().contains(JavaModifier.STATIC));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * {@code java NewerClasses.java FROM.jar TO.jar} (JDK 24 or newer): writes the same classes as class files of Java 8. The
 * code does not change; stack maps are added (JVMS 4.7.4). An AOT cache rejects classes from before Java 6, because they
 * have none.
 */
final class NewerClasses {
    private static final int STACK_MAPS_SINCE = ClassFile.JAVA_6_VERSION;

    private final JarFile from;
    private final ClassFile files;

    private NewerClasses(JarFile from) {
        this.from = from;
        files = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS, ClassFile.ClassHierarchyResolverOption
                .of(ClassHierarchyResolver.ofResourceParsing(this::classFile)
                        .orElse(ClassHierarchyResolver.defaultResolver())));
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("FROM.jar and TO.jar are wanted, not " + String.join(" ", arguments));
        }
        try (JarFile from = new JarFile(arguments[0]);
                ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(Path.of(arguments[1])))) {
            NewerClasses newer = new NewerClasses(from);
            for (JarEntry entry : Collections.list(from.entries())) {
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(newer.read(entry));
                to.closeEntry();
            }
        }
    }

    private byte[] read(JarEntry entry) throws IOException {
        try (InputStream in = from.getInputStream(entry)) {
            byte[] bytes = in.readAllBytes();
            return entry.getName().endsWith(".class") ? newer(bytes) : bytes;
        }
    }

    private byte[] newer(byte[] bytes) {
        ClassModel old = files.parse(bytes);
        if (old.majorVersion() >= STACK_MAPS_SINCE) {
            return bytes;
        }
        // Code passed on as a whole is copied; code passed on element by element is assembled again, with stack maps.
        MethodTransform method = MethodTransform.transformingCode((code, element) -> code.with(element));
        ClassTransform version = (builder, element) -> {
            switch (element) {
                case ClassFileVersion _ -> builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
                case MethodModel code -> builder.transformMethod(code, method);
                default -> builder.with(element);
            }
        };
        return files.transformClass(old, version);
    }

    private InputStream classFile(ClassDesc name) {
        String descriptor = name.descriptorString();
        JarEntry entry = from.getJarEntry(descriptor.substring(1, descriptor.length() - 1) + ".class");
        try {
            return entry == null ? null : from.getInputStream(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

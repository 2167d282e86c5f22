package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The collection is as its users' tools want it. {@code fleet.sh} runs its playbooks, {@link GuideTest} its module. */
@Tag("slow")
class AnsibleTest {
    private static final Path COLLECTION = Scripts.MODULE.resolve("ansible");

    @Test
    void lintFindsNothing(@TempDir Path directory) throws Exception {
        Scripts.need("ansible-lint");
        // Names such as pulpo.live.pulpo_patch are found below a directory of this name.
        Path parent = Files.createDirectories(directory.resolve("ansible_collections/pulpo"));
        Files.createSymbolicLink(parent.resolve("live"), COLLECTION);
        Scripts.Result result = Scripts.command("env", "HOME=" + directory, "ANSIBLE_HOME=" + directory,
                "ANSIBLE_COLLECTIONS_PATH=" + directory, "sh", "-c",
                "cd \"$1\" && exec ansible-lint --offline --nocolor", "sh", parent.resolve("live").toString());
        assertThat(result.status()).as(result.output() + result.errors()).isZero();
        assertThat(result.errors()).contains("0 failure(s), 0 warning(s)");
    }

    @Test
    void documentationOfModulesIsRead(@TempDir Path directory) throws Exception {
        Scripts.need("ansible-doc");
        Path parent = Files.createDirectories(directory.resolve("ansible_collections/pulpo"));
        Files.createSymbolicLink(parent.resolve("live"), COLLECTION);
        for (String module : new String[]{"pulpo_patch", "pulpo_update", "pulpo_info"}) {
            Scripts.Result result = Scripts.command("env", "HOME=" + directory, "ANSIBLE_HOME=" + directory,
                    "ANSIBLE_COLLECTIONS_PATH=" + directory, "ansible-doc", "--json", "pulpo.live." + module);
            assertThat(result.status()).as(result.errors()).isZero();
            assertThat(result.output()).contains("\"collection\": \"pulpo.live\"", "executable");
        }
    }
}

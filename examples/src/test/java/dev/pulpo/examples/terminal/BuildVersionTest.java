package dev.pulpo.examples.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BuildVersionTest {
    @Test
    void itIsThatOfThePom() throws Exception {
        assertThat(BuildVersion.text()).matches("[0-9]+[.][0-9]+[.][0-9]+");
        assertThat(Files.readString(Path.of("pom.xml"))).containsPattern("<version>" + BuildVersion.text()
                + "(-SNAPSHOT)?</version>");
    }
}

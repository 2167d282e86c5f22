package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against the kernel's header, as the C compiler of this machine reads it. */
class SystemCallNamesTest {
    @Test
    void namesAreThoseOfTheKernelsHeader() throws Exception {
        Process gcc = new ProcessBuilder("gcc", "-E", "-dM", "-include", "asm/unistd_64.h", "-x", "c", "/dev/null")
                .redirectErrorStream(true).start();
        String macros = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(macros).isZero();
        Map<Long, String> header = new TreeMap<>();
        Matcher macro = Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(macros);
        while (macro.find()) {
            header.put(Long.valueOf(macro.group(2)), macro.group(1));
        }
        assertThat(header).hasSizeGreaterThan(300);
        int compared = 0;
        for (Map.Entry<Long, String> call : header.entrySet()) {
            // A newer header than the bindings' has calls that those do not know; none may have another name.
            if (SystemCallNames.of(call.getKey()).isPresent()) {
                assertThat(SystemCallNames.of(call.getKey())).contains(call.getValue());
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(340).isEqualTo(SystemCallNames.count());
        assertThat(SystemCallNames.of(7)).contains("poll");
        assertThat(SystemCallNames.of(1_000_000)).isEmpty();
    }
}

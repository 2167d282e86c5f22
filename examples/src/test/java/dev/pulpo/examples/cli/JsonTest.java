package dev.pulpo.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.pulpo.elf.RawText;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonTest {
    private static String first(String json) throws Exception {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            JsonToken token = parser.nextToken();
            while (token != JsonToken.VALUE_STRING) {
                token = parser.nextToken();
            }
            String text = parser.getText();
            assertThat(parser.nextToken()).isEqualTo(JsonToken.END_OBJECT);
            assertThat(parser.nextToken()).isNull();
            return text;
        }
    }

    @Test
    void stringsAreKeptExactly() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = new byte[random.nextInt(20)];
            random.nextBytes(bytes);
            String json = Json.write(Json.object("name", RawText.decode(bytes)));
            assertThat(json.chars()).noneMatch(c -> c < ' ' || c == 0x7f || Character.isSurrogate((char) c.intValue()));
            // Control characters are those of JSON; other bytes are surrogates, as they were.
            assertThat(RawText.encode(first(json))).isEqualTo(bytes);
        }
    }

    @Test
    void linesOfOursAreLineFeeds() throws Exception {
        assertThat(Json.write(Json.object("message", "one\ntwo"))).isEqualTo("{\"message\":\"one\\ntwo\"}");
        assertThat(Json.write(Json.object("name", RawText.asData("a\nb\u001b\"\\"))))
                .isEqualTo("{\"name\":\"a\\u000ab\\u001b\\\"\\\\\"}");
    }
}

import dev.pulpo.engine.*;
import dev.pulpo.elf.*;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.LaunchedProcess;
import java.time.*;
import static dev.pulpo.engine.Probe.*;
import static dev.pulpo.engine.ValueKind.*;
import static dev.pulpo.examples.shell.Shell.*;
welcome()

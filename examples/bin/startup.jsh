import dev.pulpo.engine.*;
import dev.pulpo.elf.*;
import dev.pulpo.ffm.LaunchedProcess;
import static dev.pulpo.examples.shell.Shell.*;

/** Linux system calls for Pulpo: the only module that needs {@code --enable-native-access}. */
module dev.pulpo.ffm {
    requires static org.jspecify;

    exports dev.pulpo.ffm;
}

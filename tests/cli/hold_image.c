/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold_image FILE COMMAND...: runs the command while FILE is marked as QEMU marks an image
 * that it writes to: shared OFD locks on bytes 100 to 103 (block/file-posix.c).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 4};
    int status, fd = argc > 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

    if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        perror("hold_image");
        return 3;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(3);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : 3;
}

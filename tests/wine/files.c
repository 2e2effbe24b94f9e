/* SPDX-License-Identifier: Apache-2.0 */
/* What a program does with its folder, its arguments and its streams; for the launcher. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void write_file(const char* name, const char* mode, const char* text) {
  FILE* file = fopen(name, mode);
  if (file == NULL) return;
  fputs(text, file);
  fclose(file);
}

int main(int argc, char** argv) {
  char folder[MAX_PATH] = "";
  char line[100];
  int i;
  if (argc == 2 && strcmp(argv[1], "just end") == 0) return 42;
  if (argc == 2 && strcmp(argv[1], "wait") == 0) {
    puts("waiting");
    fflush(stdout);
    Sleep(INFINITE);
  }
  for (i = 1; i < argc; ++i) printf("[%s]", argv[i]);
  puts("");
  if (fgets(line, sizeof line, stdin) != NULL) printf("read: %s", line);
  printf("module: %s\n", GetProcAddress(LoadLibraryA("iphlpapi.dll"), "ResolveIpNetEntry2") != NULL ? "yes" : "no");
  fprintf(stderr, "said on error\n");
  GetModuleFileNameA(NULL, folder, sizeof folder);
  *strrchr(folder, '\\') = 0;
  SetCurrentDirectoryA(folder);
  write_file("new.txt", "w", "new");
  write_file("grows.txt", "a", "2");
  MoveFileA("log.txt", "log.1");
  write_file("log.txt", "w", "fresh");
  DeleteFileA("gone.txt");
  write_file("settings.tmp", "w", "new");
  MoveFileExA("settings.tmp", "settings.ini", MOVEFILE_REPLACE_EXISTING);
  return 42;
}

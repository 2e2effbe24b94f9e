/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Generic-text names (_T, _TCHAR, _tmain, _tprintf ...) in their ANSI form: each is the C library's function for `char`.
/// As on Windows, the headers that declare those functions are included by the program. The 16-bit form is not served,
/// since no C library here has functions for WCHAR. _sntprintf ends its text always, as the C library's snprintf does.
#ifndef _INC_TCHAR
#define _INC_TCHAR
#define _TCHAR_H_

#if defined(_UNICODE) || defined(UNICODE)
#error "tchar.h: only the ANSI form is served; compile without UNICODE and _UNICODE, or use char"
#endif

#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
#endif
typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef char _TXCHAR;
typedef int _TINT;

#define __T(text) text
#define _T(text) __T(text)
#define _TEXT(text) __T(text)

#define _tmain main
#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _sntprintf snprintf
#define _vtprintf vprintf
#define _vftprintf vfprintf
#define _vsntprintf vsnprintf
#define _tscanf scanf
#define _stscanf sscanf
#define _tfopen fopen
#define _fgetts fgets
#define _fputts fputs
#define _putts puts
#define _tgetenv getenv
#define _ttoi atoi
#define _ttol atol
#define _tcstol strtol
#define _tcstoul strtoul
#define _tcstod strtod
#define _tcslen strlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcstok strtok
#define _tcsspn strspn
#define _tcscspn strcspn
#define _tcspbrk strpbrk
#define _istdigit isdigit
#define _istxdigit isxdigit
#define _istalpha isalpha
#define _istalnum isalnum
#define _istspace isspace
#define _istupper isupper
#define _istlower islower
#define _istprint isprint
#define _totupper toupper
#define _totlower tolower

#endif

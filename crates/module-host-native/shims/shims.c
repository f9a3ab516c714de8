/* Functions of the Module API that take variable arguments or long doubles. Each gathers what it was given into plain
 * arrays and hands over to Rust; nothing is decided here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One gathered argument: bytes (data, len), or an array of module strings (data, len elements). */
struct bulkhead_arg {
    int kind; /* 0 bytes, 1 module string, 2 array of module strings, 3 integer */
    const void *data;
    size_t len;
    long long integer;
};

#define ARGS_INLINE 32

extern void *bulkhead_call(void *ctx, const char *command, const char *format, struct bulkhead_arg *args, size_t count);
extern int bulkhead_replicate(void *ctx, const char *command, const char *format, struct bulkhead_arg *args, size_t count);
extern void bulkhead_emit_aof(void *io, const char *command, const char *format, struct bulkhead_arg *args, size_t count);
extern void *bulkhead_create_string(void *ctx, const char *bytes, size_t len);
extern int bulkhead_reply_error_formatted(void *ctx, const char *bytes, size_t len);
extern void bulkhead_log(void *ctx, const char *level, const char *bytes, size_t len);
extern void bulkhead_log_io(void *io, const char *level, const char *bytes, size_t len);
extern int bulkhead_hash_set(void *key, int flags, void **words, size_t count);
extern int bulkhead_hash_get(void *key, int flags, void **words, size_t count);
extern const char *bulkhead_string_bytes(const void *string, size_t *len);
extern int bulkhead_save_string(void *io, const char *bytes, size_t len);
extern int bulkhead_load_text(void *io, char *text, size_t room);

/* Gathers what the letters of a format call for; returns how many, or -1 if a letter is not known. */
static long gather(const char *format, va_list list, struct bulkhead_arg **out, struct bulkhead_arg *inline_args) {
    size_t room = ARGS_INLINE, count = 0;
    struct bulkhead_arg *args = inline_args;
    for (const char *letter = format; *letter; letter++) {
        struct bulkhead_arg arg = {0, NULL, 0, 0};
        switch (*letter) {
        case 'c':
            arg.data = va_arg(list, const char *);
            arg.len = strlen(arg.data);
            break;
        case 'b':
            arg.data = va_arg(list, const char *);
            arg.len = va_arg(list, size_t);
            break;
        case 's':
            arg.kind = 1;
            arg.data = va_arg(list, void *);
            break;
        case 'v':
            arg.kind = 2;
            arg.data = va_arg(list, void **);
            arg.len = va_arg(list, size_t);
            break;
        case 'l':
            arg.kind = 3;
            arg.integer = va_arg(list, long long);
            break;
        case '!': case 'A': case 'R': case '3': case '0': case 'C':
        case 'S': case 'W': case 'M': case 'E': case 'D': case 'K':
            continue;
        default:
            if (args != inline_args) free(args);
            return -1;
        }
        if (count == room) {
            struct bulkhead_arg *more = malloc(2 * room * sizeof(*more));
            if (!more) abort();
            memcpy(more, args, count * sizeof(*more));
            if (args != inline_args) free(args);
            args = more;
            room *= 2;
        }
        args[count++] = arg;
    }
    *out = args;
    return (long)count;
}

#define GATHER(fail)                                                   \
    struct bulkhead_arg inline_args[ARGS_INLINE], *args = inline_args; \
    va_list list;                                                      \
    va_start(list, format);                                            \
    long count = gather(format, list, &args, inline_args);             \
    va_end(list);                                                      \
    if (count < 0) fail

void *bulkhead_shim_Call(void *ctx, const char *command, const char *format, ...) {
    GATHER(return bulkhead_call(ctx, command, NULL, NULL, 0));
    void *reply = bulkhead_call(ctx, command, format, args, (size_t)count);
    if (args != inline_args) free(args);
    return reply;
}

int bulkhead_shim_Replicate(void *ctx, const char *command, const char *format, ...) {
    GATHER(return 1);
    int status = bulkhead_replicate(ctx, command, format, args, (size_t)count);
    if (args != inline_args) free(args);
    return status;
}

void bulkhead_shim_EmitAOF(void *io, const char *command, const char *format, ...) {
    GATHER(return);
    bulkhead_emit_aof(io, command, format, args, (size_t)count);
    if (args != inline_args) free(args);
}

/* Formats into memory of its own; the caller frees it. */
static char *format_text(const char *format, va_list list, size_t *len) {
    va_list again;
    va_copy(again, list);
    int bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (bytes < 0) bytes = 0;
    char *text = malloc((size_t)bytes + 1);
    if (!text) abort();
    text[0] = 0;
    vsnprintf(text, (size_t)bytes + 1, format, list);
    *len = (size_t)bytes;
    return text;
}

#define FORMAT()                               \
    size_t len;                                \
    va_list list;                              \
    va_start(list, format);                    \
    char *text = format_text(format, list, &len); \
    va_end(list)

void *bulkhead_shim_CreateStringPrintf(void *ctx, const char *format, ...) {
    FORMAT();
    void *string = bulkhead_create_string(ctx, text, len);
    free(text);
    return string;
}

int bulkhead_shim_ReplyWithErrorFormat(void *ctx, const char *format, ...) {
    FORMAT();
    int status = bulkhead_reply_error_formatted(ctx, text, len);
    free(text);
    return status;
}

void bulkhead_shim_Log(void *ctx, const char *level, const char *format, ...) {
    FORMAT();
    bulkhead_log(ctx, level, text, len);
    free(text);
}

void bulkhead_shim_LogIOError(void *io, const char *level, const char *format, ...) {
    FORMAT();
    bulkhead_log_io(io, level, text, len);
    free(text);
}

/* HashSet: (field, value) pairs, HashGet: (field, slot) pairs; both end with NULL. */
#define HASH_WORDS(name)                                                          \
    int bulkhead_shim_##name(void *key, int flags, ...) {                         \
        size_t room = 16, count = 0;                                              \
        void **words = malloc(room * sizeof(*words));                             \
        if (!words) abort();                                                      \
        va_list list;                                                             \
        va_start(list, flags);                                                    \
        for (;;) {                                                                \
            void *field = va_arg(list, void *);                                   \
            if (!field) break;                                                    \
            if (count + 2 > room) {                                               \
                room *= 2;                                                        \
                void **more = realloc(words, room * sizeof(*words));              \
                if (!more) abort();                                               \
                words = more;                                                     \
            }                                                                     \
            words[count++] = field;                                               \
            words[count++] = va_arg(list, void *);                                \
        }                                                                         \
        va_end(list);                                                             \
        int status = bulkhead_##name(key, flags, words, count);                   \
        free(words);                                                              \
        return status;                                                            \
    }

#define bulkhead_HashSet bulkhead_hash_set
#define bulkhead_HashGet bulkhead_hash_get
HASH_WORDS(HashSet)
HASH_WORDS(HashGet)

/* Long doubles cross over as text. */
extern int bulkhead_reply_bulk_double(void *ctx, const char *bytes, size_t len);

/* As people write it: no exponent, no zeros at the end. */
static int print_long_double(char *text, size_t room, long double value) {
    int len = snprintf(text, room, "%.17Lf", value);
    if (len < 0 || (size_t)len >= room) len = (int)room - 1;
    if (memchr(text, '.', (size_t)len)) {
        while (text[len - 1] == '0') len--;
        if (text[len - 1] == '.') len--;
    }
    if (len == 2 && text[0] == '-' && text[1] == '0') {
        text[0] = '0';
        len = 1;
    }
    return len;
}

int bulkhead_shim_ReplyWithLongDouble(void *ctx, long double value) {
    char text[5 * 1024];
    int len = print_long_double(text, sizeof(text), value);
    return bulkhead_reply_bulk_double(ctx, text, (size_t)len);
}

int bulkhead_shim_StringToLongDouble(const void *string, long double *value) {
    size_t len;
    const char *bytes = bulkhead_string_bytes(string, &len);
    char *end;
    if (len == 0 || len >= 5 * 1024 || strchr(" \t\n\v\f\r", bytes[0])) return 1;
    long double read = strtold(bytes, &end);
    if (end != bytes + len || read != read) return 1;
    *value = read;
    return 0;
}

void *bulkhead_shim_CreateStringFromLongDouble(void *ctx, long double value, int human_friendly) {
    char text[5 * 1024];
    int len;
    if (human_friendly) {
        len = print_long_double(text, sizeof(text), value);
    } else {
        len = snprintf(text, sizeof(text), "%.17Lg", value);
    }
    return bulkhead_create_string(ctx, text, (size_t)len);
}

void bulkhead_shim_SaveLongDouble(void *io, long double value) {
    char text[5 * 1024];
    int len = snprintf(text, sizeof(text), "%La", value);
    bulkhead_save_string(io, text, (size_t)len);
}

long double bulkhead_shim_LoadLongDouble(void *io) {
    char text[5 * 1024];
    if (!bulkhead_load_text(io, text, sizeof(text))) return 0;
    return strtold(text, NULL);
}

/* Calls, and returns 0; 1 if bulkhead_leave_reader was called inside with what was put into *place. */
int bulkhead_guard_reader(void (*call)(void *), void *data, void **place) {
    jmp_buf begin;
    *place = &begin;
    if (_setjmp(begin)) return 1;
    call(data);
    return 0;
}

void bulkhead_leave_reader(void *place) {
    longjmp(*(jmp_buf *)place, 1);
}

/* Calls function(first, second, third) and returns what it does; an exception that leaves it is caught and put into *caught.
 * Only a personality routine of this call's own can catch what other languages throw, and only assembly can have one. */
#if defined(__x86_64__) && defined(__linux__)
#include <stdint.h>
#include <unwind.h>

extern const char bulkhead_caught[];

__attribute__((visibility("hidden"), used)) _Unwind_Reason_Code
bulkhead_personality(int version, _Unwind_Action actions, uint64_t class, struct _Unwind_Exception *exception,
                     struct _Unwind_Context *context) {
    (void)class;
    if (version != 1) return _URC_FATAL_PHASE1_ERROR;
    /* A thread that is cancelled goes on ending. */
    if (actions & _UA_FORCE_UNWIND) return _URC_CONTINUE_UNWIND;
    if (actions & _UA_SEARCH_PHASE) return _URC_HANDLER_FOUND;
    _Unwind_SetGR(context, 0, (uintptr_t)exception);
    _Unwind_SetIP(context, (uintptr_t)bulkhead_caught);
    return _URC_INSTALL_CONTEXT;
}

__asm__(".pushsection .text\n"
        ".hidden bulkhead_caught\n"
        ".hidden bulkhead_call_guarded\n"
        ".globl bulkhead_call_guarded\n"
        ".globl bulkhead_caught\n"
        ".type bulkhead_call_guarded, @function\n"
        "bulkhead_call_guarded:\n"
        ".cfi_startproc\n"
        ".cfi_personality 0x1b, bulkhead_personality\n"
        "    pushq %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset %rbx, -16\n"
        "    movq %r8, %rbx\n"
        "    movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    movq %rcx, %rdx\n"
        "    call *%rax\n"
        "    popq %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "    ret\n"
        "bulkhead_caught:\n"
        ".cfi_def_cfa_offset 16\n"
        "    movq %rax, (%rbx)\n"
        "    movl $1, %eax\n"
        "    popq %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size bulkhead_call_guarded, . - bulkhead_call_guarded\n"
        ".popsection\n");

unsigned long long bulkhead_exception_class(struct _Unwind_Exception *exception) {
    return exception->exception_class;
}

void bulkhead_delete_exception(struct _Unwind_Exception *exception) { _Unwind_DeleteException(exception); }
#else
/* Elsewhere it ends the server, whose report names the module. */
int bulkhead_call_guarded(int (*function)(void *, void *, size_t), void *first, void *second, size_t third, void **caught) {
    (void)caught;
    return function(first, second, third);
}

unsigned long long bulkhead_exception_class(void *exception) { return exception == NULL; }

void bulkhead_delete_exception(void *exception) { (void)exception; }
#endif

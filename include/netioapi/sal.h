/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The source annotation language: words for a checker that is not there. All of them expand to nothing.
#ifndef NEIGH_SAL_H
#define NEIGH_SAL_H

struct neigh_sal;  // -Wpedantic refuses a source file of macros alone

// Without arguments.
#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _Inout_
#define _Inout_opt_
#define _Inout_z_
#define _Inout_opt_z_
#define _Out_
#define _Out_opt_
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_opt_result_maybenull_
#define _Outptr_result_nullonfailure_
#define _Outref_
#define _Outref_result_maybenull_
#define _COM_Outptr_
#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_null_
#define _Ret_valid_
#define _Ret_z_
#define _Ret_maybenull_z_
#define _Must_inspect_result_
#define _Check_return_
#define _Check_return_opt_
#define _Null_terminated_
#define _NullNull_terminated_
#define _Printf_format_string_
#define _Scanf_format_string_
#define _Reserved_
#define _Const_
#define _Use_decl_annotations_
#define _Field_z_
#define _Notnull_
#define _Maybenull_
#define _Null_
#define _Valid_
#define _Notvalid_
#define _Pre_
#define _Post_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Pre_null_
#define _Pre_valid_
#define _Pre_z_
#define _Pre_invalid_
#define _Post_valid_
#define _Post_invalid_
#define _Post_notnull_
#define _Post_maybenull_
#define _Post_null_
#define _Post_z_
#define _Post_ptr_invalid_
#define _Deref_pre_z_
#define _Deref_post_z_
#define _Prepost_z_
#define _Prepost_valid_
#define _Points_to_data_
#define _Literal_
#define _Notliteral_
#define _Struct_size_bytes_any_
#define _Requires_no_locks_held_

// With one argument.
#define _In_reads_(x)
#define _In_reads_z_(x)
#define _In_reads_opt_(x)
#define _In_reads_opt_z_(x)
#define _In_reads_bytes_(x)
#define _In_reads_bytes_opt_(x)
#define _In_reads_or_z_(x)
#define _In_range_(x)
#define _Out_writes_(x)
#define _Out_writes_opt_(x)
#define _Out_writes_z_(x)
#define _Out_writes_opt_z_(x)
#define _Out_writes_bytes_(x)
#define _Out_writes_bytes_opt_(x)
#define _Out_writes_all_(x)
#define _Out_writes_all_opt_(x)
#define _Out_writes_bytes_all_(x)
#define _Out_writes_bytes_all_opt_(x)
#define _Out_range_(x)
#define _Inout_updates_(x)
#define _Inout_updates_opt_(x)
#define _Inout_updates_z_(x)
#define _Inout_updates_bytes_(x)
#define _Inout_updates_bytes_opt_(x)
#define _Inout_updates_all_(x)
#define _Inout_updates_bytes_all_(x)
#define _Outptr_result_buffer_(x)
#define _Outptr_opt_result_buffer_(x)
#define _Outptr_result_bytebuffer_(x)
#define _Outptr_opt_result_bytebuffer_(x)
#define _Outptr_result_buffer_maybenull_(x)
#define _Outptr_result_bytebuffer_maybenull_(x)
#define _Ret_range_(x)
#define _Ret_writes_(x)
#define _Ret_writes_z_(x)
#define _Ret_writes_bytes_(x)
#define _Ret_writes_maybenull_(x)
#define _Ret_writes_bytes_maybenull_(x)
#define _Field_size_(x)
#define _Field_size_opt_(x)
#define _Field_size_bytes_(x)
#define _Field_size_bytes_opt_(x)
#define _Field_size_full_(x)
#define _Field_size_bytes_full_(x)
#define _Field_range_(x)
#define _Success_(x)
#define _On_failure_(x)
#define _Always_(x)
#define _Return_type_success_(x)
#define _Analysis_assume_(x)
#define _Analysis_assume_nullterminated_(x)
#define _Pre_satisfies_(x)
#define _Post_satisfies_(x)
#define _Struct_size_bytes_(x)
#define _Unchanged_(x)
#define _Post_readable_size_(x)
#define _Post_writable_size_(x)
#define _Post_readable_byte_size_(x)
#define _Post_writable_byte_size_(x)
#define _Pre_readable_size_(x)
#define _Pre_writable_size_(x)
#define _Pre_readable_byte_size_(x)
#define _Pre_writable_byte_size_(x)
#define _At_buffer_(x)
#define _Deref_out_range_(x)
#define _Deref_in_range_(x)
#define _Function_class_(x)
#define _Acquires_lock_(x)
#define _Releases_lock_(x)
#define _Requires_lock_held_(x)
#define _Requires_lock_not_held_(x)
#define _Guarded_by_(x)
#define _Interlocked_(x)
#define _Group_(x)

// With two arguments.
#define _In_reads_to_ptr_(x, y)
#define _Out_writes_to_(x, y)
#define _Out_writes_to_opt_(x, y)
#define _Out_writes_bytes_to_(x, y)
#define _Out_writes_bytes_to_opt_(x, y)
#define _Inout_updates_to_(x, y)
#define _Inout_updates_to_opt_(x, y)
#define _Inout_updates_bytes_to_(x, y)
#define _Inout_updates_bytes_to_opt_(x, y)
#define _Outptr_result_buffer_to_(x, y)
#define _Outptr_result_bytebuffer_to_(x, y)
#define _Field_size_part_(x, y)
#define _Field_size_bytes_part_(x, y)
#define _When_(x, y)
#define _At_(x, y)
#define _Ret_writes_to_(x, y)
#define _Ret_writes_bytes_to_(x, y)

// The annotations from before 2010. Three of them are names that libstdc++ uses for itself, so in C++ these exist only
// on request, and so does one that linux/stat.h uses in either language: define NEIGH_SAL1 for the source file, and
// include the headers of the system and of the C++ library before these.
#if !defined(__cplusplus) || defined(NEIGH_SAL1)
#define __in
#define __out
#define __success(x)
#endif
#ifdef NEIGH_SAL1
#define __reserved
#endif
#define __inout
#define __in_opt
#define __out_opt
#define __inout_opt
#define __in_z
#define __in_z_opt
#define __inout_z
#define __deref_in
#define __deref_in_opt
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_opt_out_opt
#define __deref_inout
#define __deref_inout_opt
#define __checkReturn
#define __nullterminated
#define __nullnullterminated
#define __maybenull
#define __notnull
#define __notvalid
#define __refparam
#define __exceptthat
#define __out_z

#define __in_ecount(x)
#define __in_ecount_opt(x)
#define __in_bcount(x)
#define __in_bcount_opt(x)
#define __in_ecount_z(x)
#define __in_bcount_z(x)
#define __in_range(x)
#define __out_ecount(x)
#define __out_ecount_opt(x)
#define __out_ecount_z(x)
#define __out_bcount(x)
#define __out_bcount_opt(x)
#define __out_bcount_z(x)
#define __out_ecount_full(x)
#define __out_bcount_full(x)
#define __inout_ecount(x)
#define __inout_ecount_opt(x)
#define __inout_bcount(x)
#define __inout_bcount_opt(x)
#define __inout_ecount_full(x)
#define __inout_bcount_full(x)
#define __deref_out_ecount(x)
#define __deref_out_bcount(x)
#define __deref_out_ecount_opt(x)
#define __deref_out_bcount_opt(x)
#define __field_ecount(x)
#define __field_bcount(x)
#define __drv_maxIRQL(x)
#define __drv_minIRQL(x)
#define __drv_requiresIRQL(x)
#define __drv_functionClass(x)

#define __out_ecount_part(x, y)
#define __out_bcount_part(x, y)
#define __out_ecount_part_opt(x, y)
#define __out_bcount_part_opt(x, y)
#define __inout_ecount_part(x, y)
#define __inout_bcount_part(x, y)

#endif

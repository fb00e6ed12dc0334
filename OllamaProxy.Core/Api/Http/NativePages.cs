using System.Runtime.InteropServices;

namespace OllamaProxy.Api.Http;

/// <summary>
/// Memory from the system itself. The C library's allocator keeps freed memory for later allocations, and of large blocks, which threads
/// free in any order, that can be hundreds of megabytes; the garbage collector does the same.
/// </summary>
internal static unsafe partial class NativePages
{
    // <sys/mman.h> of Linux, the same on x64 and arm64.
    private const int ReadWrite = 0x3;
    private const int PrivateAnonymous = 0x22;
    private const int MayMove = 1;
    private const nint Failed = -1;

    /// <summary>Makes a block longer, which moves it but copies nothing.</summary>
    /// <param name="start">The block; null: a new one.</param>
    /// <param name="from">Its length in bytes.</param>
    /// <param name="to">The length that it is to have.</param>
    /// <exception cref="InsufficientMemoryException">The system has no more.</exception>
    public static byte* Grow(byte* start, int from, int to)
    {
        if (!OperatingSystem.IsLinux())
            return (byte*)NativeMemory.Realloc(start, (nuint)to);
        var grown = start is null ? Map(0, (nuint)to, ReadWrite, PrivateAnonymous, -1, 0)
            : Remap((nint)start, (nuint)from, (nuint)to, MayMove);
        return grown == Failed ? throw new InsufficientMemoryException() : (byte*)grown;
    }

    /// <summary>Gives a block back.</summary>
    public static void Free(byte* start, int length)
    {
        if (!OperatingSystem.IsLinux())
            NativeMemory.Free(start);
        else if (start is not null)
            _ = Unmap((nint)start, (nuint)length);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Remap(nint address, nuint from, nuint to, int flags);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint length);
}

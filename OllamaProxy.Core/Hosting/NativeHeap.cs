using System.Runtime.InteropServices;

namespace OllamaProxy.Hosting;

/// <summary>
/// The heap of the C library, which SQLite uses. Only glibc's can be told anything; elsewhere this does nothing.
/// </summary>
internal static partial class NativeHeap
{
    /// <summary>The name of the setting in glibc's <c>malloc.h</c>.</summary>
    private const int TrimThreshold = -1;

    /// <summary>More than the page cache of a connection, which SQLite empties at once.</summary>
    private const int Kept = 4 * 1024 * 1024;

    /// <summary>
    /// Has the heap keep some memory that was freed. By default glibc returns it to the system as soon as 128 KiB are free at the end of a
    /// heap (mallopt(3)). SQLite takes 64 KiB for the journal of a statement that fires triggers, and frees them after it. Where these are
    /// at the end, each such statement costs a system call that stops all cores for a moment, and new pages: as Native AOT, where that was
    /// the rule, two thirds of the CPU time of a call.
    /// </summary>
    public static void KeepFreed() => Try(() => _ = SetOption(TrimThreshold, Kept));

    /// <summary>Returns to the system what is free.</summary>
    public static void Trim() => Try(() => _ = ReturnFree(0));

    private static void Try(Action call)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            call();
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library, such as musl's.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(int name, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReturnFree(nuint pad);
}

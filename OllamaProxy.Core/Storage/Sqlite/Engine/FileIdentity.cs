using System.Runtime.InteropServices;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>
/// Which file it is that a path names, whatever the file is called: on Linux, where an open file can be taken away, its device and inode.
/// </summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint InodeOnly = 0x100; // STATX_INO

    /// <summary>The file that a path names at the moment; null: there is none, or it cannot be told.</summary>
    /// <param name="path">The path in UTF-8, with a 0 at its end.</param>
    public static FileIdentity? Of(ReadOnlySpan<byte> path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return Statx(CurrentFolder, in MemoryMarshal.GetReference(path), 0, InodeOnly, out var file) == 0
                ? new(file.DeviceMajor, file.DeviceMinor, file.Inode) : null;
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            return null; // A C library from before 2018.
        }
    }

    /// <summary>statx(2), whose structure is the same on every processor, as that of <c>stat</c> is not.</summary>
    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, in byte path, int flags, uint mask, out StatxFile file);

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct StatxFile
    {
        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;
    }
}

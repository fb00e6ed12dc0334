using System.Runtime.InteropServices;

namespace OllamaProxy.Storage.Sqlite.Engine;

/// <summary>Identity of a file, whatever its path: its device and inode. Linux only, where an open file can be moved or deleted.</summary>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint InodeOnly = 0x100; // STATX_INO

    /// <summary>The identity of the file at a path; null: there is no file, or the system does not tell.</summary>
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

    /// <summary>statx(2). Unlike that of <c>stat</c>, its structure is the same on every processor.</summary>
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

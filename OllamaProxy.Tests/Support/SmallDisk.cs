using System.Diagnostics;
using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Tests.Support;

/// <summary>
/// A disk of a server's own that is soon full: a file system in memory that only the server sees, and that goes away with it. To mount one
/// takes root, or leave to make a user namespace.
/// </summary>
/// <param name="Folder">Where it is mounted.</param>
/// <param name="Megabytes">Its size.</param>
internal sealed record SmallDisk(string Folder, int Megabytes)
{
    private static readonly bool IsRoot = Environment.UserName == "root";

    private static readonly Lazy<bool> CanMount = new(() =>
    {
        using var trial = Process.Start(new ProcessStartInfo("sh", ["-c", $"{Unshare} sh -c 'mount -t tmpfs none /tmp' 2>/dev/null"]))!;
        trial.WaitForExit();
        return trial.ExitCode == 0;
    });

    /// <summary>Why tests that need it are skipped; null: they are not.</summary>
    public static string? MissingReason => OperatingSystem.IsLinux() && CanMount.Value
        ? null : "Needs to mount a small disk: root with CAP_SYS_ADMIN, or user namespaces.";

    private static string Unshare => IsRoot ? "unshare --mount" : "unshare --map-root-user --mount";

    /// <summary>Starts a program that finds the disk, empty but for a folder <c>data</c>.</summary>
    public async Task<GuardedProcess> StartAsync(string command, string log)
    {
        Directory.CreateDirectory(Folder);
        var asUser = IsRoot ? "setpriv --reuid=postgres --regid=postgres --init-groups" : "unshare --map-user=$1 --map-group=$2";
        await File.WriteAllTextAsync(Folder + ".sh",
            $"""
            mount -t tmpfs -o size={Megabytes}m,mode=0777 none {Folder} || exit
            exec {asUser} sh -c "mkdir {Folder}/data && exec {command}"
            """);
        return GuardedProcess.Start($"{Unshare} sh {Folder}.sh \\$(id -u) \\$(id -g)", log, "QUIT", asUser: false);
    }
}

using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Functions;

/// <summary>
/// Ends this process once the host that started it is gone. A host that is killed cannot tell its worker, which would run prompts
/// for ever beside the worker of the next host. On Windows the system ends the worker together with its host.
/// </summary>
/// <param name="parentId">The id of the process that is the parent of this one now: of another one as soon as the host has died.</param>
/// <param name="end">Ends this process.</param>
/// <param name="time">The clock.</param>
public sealed class ParentWatch(Func<int> parentId, Action end, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly int _host = parentId();

    /// <summary>The id of the parent process, where the system has such a thing.</summary>
    public static int CurrentParentId() => OperatingSystem.IsWindows() ? 0 : GetParentId();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (parentId() == _host)
                    continue;
                end();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentId();
}

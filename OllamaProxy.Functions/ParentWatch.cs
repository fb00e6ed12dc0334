using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Functions;

/// <summary>
/// Ends this process once its host has died. A host that is killed cannot tell its worker, which would go on to run prompts beside the
/// worker of the next host. On Windows the system ends the worker together with its host.
/// </summary>
/// <param name="parentId">Returns the id of the current parent process, which changes when the host dies.</param>
/// <param name="end">Ends this process.</param>
/// <param name="time">The clock.</param>
public sealed class ParentWatch(Func<int> parentId, Action end, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly int _host = parentId();

    /// <summary>The id of the parent process; 0 on Windows.</summary>
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
            // The worker stops.
        }
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentId();
}

namespace OllamaProxy.Simulator;

/// <summary>
/// A host lifetime that leaves Ctrl+C to the program that the simulator runs in. The default lifetime would handle it itself.
/// </summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

namespace OllamaProxy.Simulator;

/// <summary>Leaves Ctrl+C to the program that the simulator runs in, where the default lifetime would take it.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

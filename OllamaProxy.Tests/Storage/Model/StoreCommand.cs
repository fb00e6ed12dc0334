namespace OllamaProxy.Tests.Storage.Model;

/// <summary>
/// Something that a <see cref="StoreRun"/> is told to do. Numbers of prompts and leases count back from what is newest and
/// suits the command best, so that it means something in every sequence.
/// </summary>
/// <param name="Text">For people.</param>
/// <param name="RunAsync">Does it.</param>
internal sealed record StoreCommand(string Text, Func<StoreRun, Task> RunAsync)
{
    public override string ToString() => Text;
}

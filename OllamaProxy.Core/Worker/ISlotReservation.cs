using OllamaProxy.Storage;

namespace OllamaProxy.Worker;

/// <summary>A slot that is reserved for a prompt that is being submitted.</summary>
public interface ISlotReservation : IAsyncDisposable
{
    /// <summary>The terms on which it is to be claimed.</summary>
    ClaimTerms Terms { get; }

    /// <summary>Runs the prompt that was claimed on these terms.</summary>
    void Run(ClaimedPrompt prompt);
}

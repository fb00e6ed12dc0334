using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>The worker of this process, as far as it takes prompts that are being submitted, so that they need not be queued and claimed first.</summary>
public interface IDirectDispatch
{
    /// <summary>Reserves a place to run a prompt, if there is one for its model now. It is given back when disposed of.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The place; null: the prompt has to be queued.</returns>
    ISlotReservation? TryReserve(NewPrompt prompt);
}

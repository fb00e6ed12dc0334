using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>
/// Direct dispatch: the worker of this process takes prompts that are being submitted, without queueing and claiming them first.
/// </summary>
public interface IDirectDispatch
{
    /// <summary>
    /// Reserves a slot for a prompt, if one is free for its model now. A reservation that is disposed of unused gives the slot back.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The reservation; null: the prompt has to be queued.</returns>
    ISlotReservation? TryReserve(NewPrompt prompt);
}

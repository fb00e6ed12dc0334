using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Knows why prompts wait, as far as this process can tell: one that only serves watches no backend.</summary>
public interface IWaitReasons
{
    /// <summary>Whether nothing can be run at the moment, because the queue is paused, or all backends are known to be away.</summary>
    bool IsStalled { get; }

    /// <summary>What a queued prompt waits for; null: this process cannot tell.</summary>
    WaitReason? Find(Prompt prompt);
}

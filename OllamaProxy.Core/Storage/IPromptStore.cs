using OllamaProxy.Storage.Batches;
using OllamaProxy.Storage.Deliveries;
using OllamaProxy.Storage.Files;
using OllamaProxy.Storage.Trends;

namespace OllamaProxy.Storage;

/// <summary>
/// The durable store of prompts, for one process or several. Callers depend on the interface that they need; this one is for code that
/// opens, tests or replaces a whole store.
/// </summary>
public interface IPromptStore
    : IPromptReader, IPromptCommands, IWorkQueue, IStoreMaintenance, IFileStore, IBatchStore, IDeliveryStore, ITrendStore;
